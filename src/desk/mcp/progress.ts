import type { ServerContext } from '@modelcontextprotocol/server'

export interface ProgressReporter {
  /** A step of a long operation, as the desk's streams tell it. */
  step(event: unknown): void
  finish(): Promise<void>
}

/**
 * Progress notifications for a call that asked for them; silence for others. The number only grows, as the protocol wants it, also while
 * steps are taken back.
 */
export function progressOf(context: ServerContext, tool: string): ProgressReporter {
  const token = context.mcpReq._meta?.progressToken
  if (token === undefined) return { step() {}, async finish() {} }
  let progress = 0
  let total = 1
  let last: Promise<void> = Promise.resolve()

  const tell = (message: string) => {
    const params = { progressToken: token, progress, total: Math.max(total, progress), message }
    // A client that left is told nothing more; its call ends by its signal.
    last = context.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
  }
  tell(`${tool} began`)
  return {
    step(event) {
      const { step, of, state } = event as { step?: string; of?: number; state?: string }
      if (state !== 'done' && state !== 'undone') return
      progress++
      total = (of ?? 0) + 1
      tell(`${step}: ${state}`)
    },
    async finish() {
      progress++
      tell(`${tool} is done`)
      await last
    },
  }
}
