import type { ServerContext } from '@modelcontextprotocol/server'

/** Told a step of a long operation, as the desk's streams tell it. */
export type Progress = (event: unknown) => void

/**
 * Progress notifications for a call that asked for them; silence for others. The number only grows, as the protocol wants it, also while
 * steps are taken back. That the call is done is said by its result alone: some clients take a notification that comes with it for a late one.
 */
export function progressOf(context: ServerContext, tool: string): Progress {
  const token = context.mcpReq._meta?.progressToken
  if (token === undefined) return () => {}
  let progress = 0

  const tell = (message: string, total?: number) => {
    const params = {
      progressToken: token,
      progress,
      ...(total === undefined ? {} : { total: Math.max(total, progress) }),
      message,
    }
    // A client that left is told nothing more; its call ends by its signal.
    context.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
  }
  tell(`${tool} began`)
  return event => {
    const { step, of, state } = event as { step?: string; of?: number; state?: string }
    if (state !== 'done' && state !== 'undone') return
    progress++
    tell(`${step}: ${state}`, of)
  }
}
