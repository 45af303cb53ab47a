import { createRequire } from 'node:module'
import { errors } from '../errors.ts'
import type { AuthSettings } from '../settings.ts'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly html: string
}

/** The way to a mail server. */
export interface Mailer {
  /** Throws a clear error when no mail server is configured. */
  require(): void
  send(mail: Mail): Promise<void>
  close(): void
}

/** The part of nodemailer that is used; the package brings no types. */
interface Transport {
  sendMail(mail: Mail & { readonly from: string | { name: string; address: string } }): Promise<unknown>
  close(): void
}

export function createMailer({ smtp }: AuthSettings): Mailer {
  let transport: Transport | undefined
  return {
    require() {
      if (!smtp) throw errors.noMailServer()
    },
    async send(mail) {
      if (!smtp) throw errors.noMailServer()
      transport ??= open(smtp)
      const { sender, senderName } = smtp
      await transport.sendMail({
        ...mail,
        from: senderName === undefined ? sender : { name: senderName, address: sender },
      })
    },
    close: () => transport?.close(),
  }
}

function open(smtp: NonNullable<AuthSettings['smtp']>): Transport {
  // Loaded with the first email: most services never send one.
  const nodemailer = createRequire(import.meta.url)('nodemailer') as {
    createTransport(options: object): Transport
  }
  return nodemailer.createTransport({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.port === 465,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    ...(smtp.user === undefined ? {} : { auth: { user: smtp.user, pass: smtp.password ?? '' } }),
  })
}
