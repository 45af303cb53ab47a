import { connect } from 'node:net'

/** Sends bytes as they are and returns everything that comes back until the other side closes, or until `enough` says so. */
export function raw(
  port: number,
  bytes: string | Buffer | readonly (string | Buffer)[],
  enough?: (text: string, write: (more: string) => void) => boolean,
  /** Closes the sending side behind the last byte. */
  goodbye = false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      if (enough?.(text, more => socket.write(more))) socket.destroy()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
    const parts = typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : [...bytes]
    const next = () => {
      const part = parts.shift()
      if (part === undefined) return void (goodbye && socket.end())
      socket.write(part, () => setImmediate(next))
    }
    socket.on('connect', next)
  })
}
