import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { Duplex } from 'node:stream'

/** Options of a Node process that can be asked: its debugger opens on SIGUSR1 alone, on a free port, under an address that only its standard error tells. */
export const inspectable: readonly string[] = ['--inspect-port=127.0.0.1:0', '--inspect-publish-uid=stderr']

/** The debugger's address in a line that a Node process writes when it opens. */
export function debuggerAddress(line: string): string | undefined {
  return /^Debugger listening on ws:\/\/(127\.0\.0\.1:\d+\/[\w-]+)/.exec(line)?.[1]
}

/** Lines that a Node process writes around its debugger. */
export function isAboutDebugger(line: string): boolean {
  return /^(?:Debugger (?:listening|attached|ending)|For help, see: https:\/\/nodejs\.org)/.test(line)
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly callFrames?: readonly { readonly callFrameId: string }[] }
  readonly result?: { readonly result?: { readonly value?: unknown } }
}

/**
 * Pauses that process wherever it is, even in a loop that never ends, and evaluates the expression there. Undefined when it cannot be paused
 * within `timeoutMs` (it stands still in the system, or in native code). The process stays paused when the connection does not end.
 */
export function evaluateWherePaused(
  address: string,
  expression: string,
  timeoutMs: number,
): Promise<unknown> {
  return new Promise(resolve => {
    let socket: Duplex | undefined
    const end = (value: unknown) => {
      clearTimeout(timer)
      socket?.destroy()
      opening.destroy()
      resolve(value)
    }
    const timer = setTimeout(() => end(undefined), timeoutMs)
    const opening = request(`http://${address}`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    })
    opening.on('error', () => end(undefined))
    opening.on('response', () => end(undefined))
    opening.on('upgrade', (_response, upgraded, head) => {
      socket = upgraded
      const send = (id: number, method: string, params = {}) =>
        upgraded.write(frame(JSON.stringify({ id, method, params })))
      const onMessage = ({ id, method, params, result }: Message) => {
        if (id === 3) end(result?.result?.value)
        else if (method === 'Debugger.paused')
          send(3, 'Debugger.evaluateOnCallFrame', {
            callFrameId: params?.callFrames?.[0]?.callFrameId,
            expression,
            returnByValue: true,
          })
      }
      const take = messages(onMessage)
      upgraded.on('error', () => end(undefined))
      upgraded.on('close', () => end(undefined))
      upgraded.on('data', take)
      take(head)
      send(1, 'Debugger.enable')
      send(2, 'Debugger.pause')
    })
    opening.end()
  })
}

/** One masked text frame, as a WebSocket client sends it (RFC 6455); the text has fewer than 65536 bytes. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = randomBytes(4)
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255])
  for (let i = 0; i < payload.length; i++) payload[i] = payload[i]! ^ mask[i & 3]!
  return Buffer.concat([head, mask, payload])
}

/** Takes what the debugger sends: unmasked frames, each one whole message. */
function messages(onMessage: (message: Message) => void): (chunk: Buffer) => void {
  let kept: Buffer = Buffer.alloc(0)
  return chunk => {
    kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk])
    for (;;) {
      if (kept.length < 2) return
      const short = kept[1]! & 127
      const start = short === 126 ? 4 : short === 127 ? 10 : 2
      if (kept.length < start) return
      const length =
        short === 126 ? kept.readUInt16BE(2) : short === 127 ? Number(kept.readBigUInt64BE(2)) : short
      if (kept.length < start + length) return
      const isText = (kept[0]! & 15) === 1
      const body = kept.subarray(start, start + length)
      kept = kept.subarray(start + length)
      if (isText) onMessage(JSON.parse(body.toString()) as Message)
    }
  }
}
