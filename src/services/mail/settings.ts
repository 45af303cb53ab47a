import type { ServiceContext } from '#http'
import { mailErrors } from './errors.ts'

export interface MailSettings {
  readonly smtpPort: number
  readonly webPort: number
  /** Path under which the page is served, without a slash at its end. */
  readonly root: string
  /** Messages kept; the oldest go first. */
  readonly maxMessages: number
  readonly maxMessageBytes: number
  /** `user:password`, any of which opens the inbox; empty: it is open. */
  readonly logins: readonly string[]
  /** Names under which it answers, besides loopback names. */
  readonly allowedHosts: readonly string[]
}

/** Reads the variables of `axllent/mailpit`. Throws a user error that names the variable. */
export function readSettings(env: ServiceContext['env']): MailSettings {
  return Object.freeze({
    smtpPort: portIn(env, 'MP_SMTP_BIND_ADDR', 1025),
    webPort: portIn(env, 'MP_UI_BIND_ADDR', Number(env['PORT'] || 8025)),
    root: (env['MP_WEBROOT'] ?? '').replace(/^\/*/, '/').replace(/\/+$/, ''),
    maxMessages: wholeIn(env, 'MP_MAX_MESSAGES', 500),
    maxMessageBytes: 25 * 1024 * 1024,
    logins: (env['MP_UI_AUTH'] ?? '').split(/\s+/).filter(one => one.includes(':')),
    allowedHosts: (env['MP_ALLOWED_HOSTS'] ?? '')
      .split(',')
      .map(one => one.trim().toLowerCase())
      .filter(one => one !== ''),
  })
}

function portIn(env: ServiceContext['env'], name: string, fallback: number): number {
  const value = env[name]
  if (!value) return fallback
  const port = Number(/(\d+)$/.exec(value)?.[1])
  if (!(port > 0 && port < 65_536)) throw mailErrors.setting(name, 'must be an address with a port')
  return port
}

function wholeIn(env: ServiceContext['env'], name: string, fallback: number): number {
  const value = env[name]
  if (!value) return fallback
  if (!/^\d{1,6}$/.test(value) || Number(value) === 0)
    throw mailErrors.setting(name, 'must be a whole number above 0')
  return Number(value)
}
