import type { Call } from '../context.ts'
import { type MailKind, verificationTypes } from './templates.ts'

/** The link in an email: GET /verify of this service, or the page that the settings name. */
export function actionLink(
  call: Pick<Call, 'settings'>,
  kind: MailKind,
  hash: string,
  redirectTo: string,
  type = verificationTypes[kind],
): string {
  const { mailPaths, externalUrl } = call.settings
  const path = mailPaths[kind]
  const url = path === undefined ? new URL(`${externalUrl}/verify`) : new URL(path, externalUrl)
  url.search = `token=${encodeURIComponent(hash)}&type=${encodeURIComponent(type)}&redirect_to=${encodeURI(redirectTo).replaceAll('#', '%23').replaceAll('&', '%26')}`
  return url.href
}
