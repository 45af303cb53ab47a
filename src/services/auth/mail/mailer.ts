import { createRequire } from 'node:module'
import type { Clock, Log } from '#kernel'
import { errors } from '../errors.ts'
import { ask } from '../outbound.ts'
import type { AuthSettings, SmtpSettings } from '../settings/settings.ts'
import { renderGoTemplate, type TemplateValues } from './go-template.ts'
import { type MailKind, type NotificationKind, usualTemplates } from './templates.ts'

/** The way to a mail server. */
export interface Mailer {
  /** Whether there is a mail server, or a hook, that sends anything. */
  readonly able: boolean
  /** Throws a clear error when neither a mail server nor a hook is there to send anything. */
  require(): void
  send(to: string, kind: MailKind | NotificationKind, values: TemplateValues): Promise<void>
  close(): void
}

interface Mail {
  readonly to: string
  readonly subject: string
  readonly html: string
}

/** The part of nodemailer that is used; the package brings no types. */
interface Transport {
  sendMail(mail: Mail & { readonly from: string | { name: string; address: string } }): Promise<unknown>
  close(): void
}

/** A template of one's own is fetched again after this. */
const templateLifeMs = 10 * 60_000

export function createMailer(settings: AuthSettings, clock: Clock, log: Log): Mailer {
  const { smtp } = settings
  const fetched = new Map<string, { readonly html: string; readonly untilMs: number }>()
  let transport: Transport | undefined

  /** Undefined: there is none, or it cannot be had. */
  async function ownTemplate(kind: string): Promise<string | undefined> {
    const address = settings.mailTemplates[kind]
    if (address === undefined || !URL.canParse(address, settings.siteUrl)) return undefined
    const known = fetched.get(kind)
    if (known && known.untilMs > clock.now()) return known.html
    try {
      const url = new URL(address, settings.siteUrl).href
      const { status, text } = await ask(url, { timeoutMs: 10_000, maxBytes: 1_000_000 })
      if (status !== 200) throw new Error(`${url} answered ${status}`)
      fetched.set(kind, { html: text, untilMs: clock.now() + templateLifeMs })
      return text
    } catch (error) {
      log.warn({ err: error }, `auth: the template of ${kind} emails cannot be fetched`)
      return known?.html
    }
  }

  async function render(kind: MailKind | NotificationKind, values: TemplateValues) {
    const usual = usualTemplates[kind]
    const subject = renderGoTemplate(settings.mailSubjects[kind] ?? usual.subject, values, true)
    const own = await ownTemplate(kind)
    try {
      return { subject, html: renderGoTemplate(own ?? usual.html, values) }
    } catch (error) {
      log.warn({ err: error }, `auth: the template of ${kind} emails cannot be used`)
      return { subject, html: renderGoTemplate(usual.html, values) }
    }
  }

  const able = smtp !== undefined || settings.hooks.send_email !== undefined
  return {
    able,
    require() {
      if (!able) throw errors.noMailServer()
    },
    async send(to, kind, values) {
      if (!smtp) throw errors.noMailServer()
      transport ??= open(smtp)
      const { sender, senderName } = smtp
      await transport.sendMail({
        to,
        ...(await render(kind, values)),
        from: senderName === undefined ? sender : { name: senderName, address: sender },
      })
    },
    close: () => transport?.close(),
  }
}

function open(smtp: SmtpSettings): Transport {
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
