import { randomUUID } from 'node:crypto'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { AuthError } from '../errors.ts'
import type { HookName } from '../settings/hooks.ts'
import type { Json } from '../users/rows.ts'
import { callFunction } from './function.ts'
import { callHttp } from './http.ts'

/** What the `name` in a hook's metadata is. */
const wireNames: Readonly<Record<HookName, string>> = {
  send_sms: 'send-sms',
  send_email: 'send-email',
  custom_access_token: 'customize-access-token',
  mfa_verification_attempt: 'mfa-verification',
  password_verification_attempt: 'password-verification',
  before_user_created: 'before-user-created',
  after_user_created: 'after-user-created',
}

export function hasHook(call: Pick<Call, 'settings'>, name: HookName): boolean {
  return call.settings.hooks[name] !== undefined
}

/**
 * Asks the hook and returns what it answered ({} for nothing). A function runs in the given transaction, so that it sees what the request
 * did so far. Throws the error that the hook answers with, hook_timeout and its relatives, or unexpected_failure.
 */
export async function runHook(
  call: Pick<Call, 'settings' | 'clock' | 'ip' | 'database'>,
  transaction: Transaction | undefined,
  name: HookName,
  input: Json,
): Promise<Json> {
  const target = call.settings.hooks[name]
  if (!target) return {}
  const request = {
    metadata: {
      uuid: randomUUID(),
      time: new Date(call.clock.now()),
      name: wireNames[name],
      ip_address: call.ip || undefined,
    },
    ...input,
  }
  const answer =
    target.kind === 'http'
      ? await callHttp(target, request, call.clock)
      : transaction
        ? await callFunction(transaction, target, request)
        : await call.database.run(own => callFunction(own, target, request))
  refuse(answer['error'])
  return answer
}

/** `{error: {http_code, message}}` is how a hook refuses. */
function refuse(error: unknown): void {
  if (typeof error !== 'object' || error === null) return
  const { http_code: code, message } = error as { http_code?: unknown; message?: unknown }
  if (typeof message !== 'string' || message === '') return
  const status = typeof code === 'number' && code >= 400 && code <= 599 ? code : 500
  throw new AuthError(status, status === 500 ? 'unexpected_failure' : 'unknown', message)
}

/** `{decision: "reject", message}` of hooks that judge an attempt. */
export function rejectionOf(answer: Json, fallback: string): string | undefined {
  if (answer['decision'] !== 'reject') return undefined
  return typeof answer['message'] === 'string' && answer['message'] !== '' ? answer['message'] : fallback
}
