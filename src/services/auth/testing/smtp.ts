import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

export interface TestMail {
  readonly to: string
  /** The whole message, decoded. */
  readonly text: string
}

export interface TestSmtp extends AsyncDisposable {
  readonly port: number
  readonly mails: readonly TestMail[]
  /** The newest email to the address, with its first link and its code. */
  last(to: string): TestMail & { readonly link: string; readonly otp: string }
}

/** A mail server that takes everything and delivers nothing. */
export async function startSmtp(): Promise<TestSmtp> {
  const mails: TestMail[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    serve(socket, mail => mails.push(mail))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    last(to) {
      const mail = mails.findLast(one => one.to === to)
      if (!mail) throw new Error(`No email to ${to}`)
      const link = /href="([^"]+)"/.exec(mail.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
      return { ...mail, link, otp: />[^<]*?(\d{6})</.exec(mail.text)?.[1] ?? '' }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function serve(socket: Socket, take: (mail: TestMail) => void): void {
  let buffer = ''
  let to = ''
  let data: string[] | undefined
  socket.write('220 test\r\n')
  socket.on('data', chunk => {
    buffer += chunk.toString()
    for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
      const line = buffer.slice(0, end)
      buffer = buffer.slice(end + 2)
      if (data) {
        if (line !== '.') data.push(line)
        else {
          take({ to, text: decode(data.join('\r\n')) })
          data = undefined
          socket.write('250 ok\r\n')
        }
      } else if (/^RCPT TO/i.test(line)) {
        to = /<(.*)>/.exec(line)?.[1] ?? ''
        socket.write('250 ok\r\n')
      } else if (/^DATA/i.test(line)) {
        data = []
        socket.write('354 go\r\n')
      } else if (/^QUIT/i.test(line)) {
        socket.end('221 bye\r\n')
      } else socket.write('250 ok\r\n')
    }
  })
}

function decode(text: string): string {
  if (!/quoted-printable/i.test(text)) return text
  return text
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
}
