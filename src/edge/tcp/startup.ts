import type { Socket } from 'node:net'

const sslRequest = 80_877_103
const gssRequest = 80_877_104
const cancelRequest = 80_877_102
const protocol3 = 3 << 16
/** PostgreSQL's own limit for a startup packet. */
const packetLimit = 10_000

export type Startup =
  | { readonly kind: 'start'; readonly packet: Buffer; readonly user: string }
  | { readonly kind: 'cancel'; readonly packet: Buffer }
  | { readonly kind: 'unknown'; readonly why: string }

/**
 * Reads what a PostgreSQL client says first. Offers of encryption are declined in the protocol's own way (the connection never leaves
 * this machine). Resolves with undefined when the client left. What came behind the packet is put back.
 */
export function readStartup(socket: Socket): Promise<Startup | undefined> {
  return new Promise(resolve => {
    let buffer: Buffer = Buffer.alloc(0)
    const finish = (startup: Startup | undefined) => {
      socket.removeListener('data', onData)
      socket.removeListener('close', onClose)
      socket.pause()
      resolve(startup)
    }
    const onClose = () => finish(undefined)
    const onData = (chunk: Buffer) => {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
      while (buffer.length >= 8) {
        const length = buffer.readUInt32BE(0)
        if (length < 8 || length > packetLimit)
          return finish({ kind: 'unknown', why: 'the first packet is malformed' })
        if (buffer.length < length) return
        const packet = buffer.subarray(0, length)
        buffer = buffer.subarray(length)
        const code = packet.readUInt32BE(4)
        if (code === sslRequest || code === gssRequest) {
          socket.write('N')
          continue
        }
        if (buffer.length > 0) socket.unshift(buffer)
        if (code === cancelRequest) return finish({ kind: 'cancel', packet })
        if (code >> 16 === protocol3 >> 16) {
          const users = parameters(packet, 'user')
          // PostgreSQL would take the last one; whoever names two wants one of them not to be seen.
          if (users.length > 1) return finish({ kind: 'unknown', why: 'the first packet names two users' })
          return finish({ kind: 'start', packet, user: users[0] ?? '' })
        }
        return finish({ kind: 'unknown', why: `protocol ${code >> 16}.${code & 0xffff} is not spoken here` })
      }
    }
    socket.on('data', onData)
    socket.once('close', onClose)
  })
}

function parameters(packet: Buffer, name: string): string[] {
  const parts = packet.subarray(8).toString('utf8').split('\0')
  return parts.flatMap((part, i) => (i % 2 === 0 && part === name ? [parts[i + 1] ?? ''] : []))
}
