import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import type { UserRow } from '../users/rows.ts'
import type { NotificationKind } from './templates.ts'

/** Tells the owner of an account by email what happened to it, when that is turned on. Nobody waits for it. */
export function notify(
  call: Call,
  transaction: Transaction,
  user: UserRow,
  kind: NotificationKind,
  values: Readonly<Record<string, unknown>> = {},
): void {
  if (!call.settings.mailNotifications.has(kind) || !user.email) return
  const to = user.email
  transaction.afterCommit(() =>
    call.mailer.send(to, kind, {
      SiteURL: call.settings.siteUrl,
      Email: user.email,
      Phone: user.phone ?? '',
      Data: user.raw_user_meta_data ?? {},
      ...values,
    }),
  )
}
