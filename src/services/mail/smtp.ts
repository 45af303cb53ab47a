import type { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { type Log, messageOf } from '#kernel'
import type { Inbox } from './inbox.ts'

export interface Smtp {
  /** Speaks SMTP on a connection. */
  accept(socket: Socket): void
  close(): void
}

/** Takes every mail for everybody, whatever user and password are given: it is an inbox, not a relay. */
export function createSmtp(inbox: Inbox, options: { maxMessageBytes: number; log: Log }): Smtp {
  let server: SMTPServer | undefined
  return {
    accept(socket) {
      // Made with the first connection: it costs milliseconds, which a silo that wakes need not wait for.
      server ??= smtpServer(inbox, options)
      server.server.emit('connection', socket)
    },
    close: () => server?.close(),
  }
}

function smtpServer(
  inbox: Inbox,
  { maxMessageBytes, log }: { maxMessageBytes: number; log: Log },
): SMTPServer {
  const server = new SMTPServer({
    banner: 'inbox',
    authOptional: true,
    allowInsecureAuth: true,
    // The connection does not leave this machine.
    hideSTARTTLS: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    size: maxMessageBytes,
    logger: false,
    onAuth: ({ username }, _session, done) => done(null, { user: username ?? '' }),
    onData(stream, session, done) {
      const parts: Buffer[] = []
      let bytes = 0
      stream.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes <= maxMessageBytes) parts.push(part)
      })
      stream.on('end', () => {
        if (stream.sizeExceeded || bytes > maxMessageBytes)
          return done(Object.assign(new Error('The message is too large'), { responseCode: 552 }))
        const { mailFrom, rcptTo } = session.envelope
        inbox
          .add(Buffer.concat(parts), {
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
          })
          .then(
            () => done(),
            error => {
              log.error({ reason: messageOf(error) }, 'a mail could not be kept')
              done(Object.assign(new Error('The message could not be kept'), { responseCode: 451 }))
            },
          )
      })
    },
  })
  server.on('error', error => log.debug({ reason: messageOf(error) }, 'smtp: connection failed'))
  return server
}
