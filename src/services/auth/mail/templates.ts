/** The kinds of email that carry a token, by the names that settings use. */
export type MailKind =
  | 'confirmation'
  | 'invite'
  | 'recovery'
  | 'magic_link'
  | 'email_change'
  | 'reauthentication'

/** The kinds that tell the owner of an account what happened to it. */
export type NotificationKind =
  | 'password_changed_notification'
  | 'email_changed_notification'
  | 'phone_changed_notification'
  | 'identity_linked_notification'
  | 'identity_unlinked_notification'
  | 'mfa_factor_enrolled_notification'
  | 'mfa_factor_unenrolled_notification'

/** What a link of that kind is verified as. */
export const verificationTypes: Readonly<Record<MailKind, string>> = {
  confirmation: 'signup',
  invite: 'invite',
  recovery: 'recovery',
  magic_link: 'magiclink',
  email_change: 'email_change',
  reauthentication: 'reauthentication',
}

export interface Template {
  readonly subject: string
  readonly html: string
}

const withLink = (subject: string, title: string, text: string, action: string): Template => ({
  subject,
  html: `<h2>${title}</h2>
<p>${text}</p>
<p><a href="{{ .ConfirmationURL }}">${action}</a></p>
<p>Alternatively, enter the code: {{ .Token }}</p>
`,
})

const notice = (subject: string, text: string): Template => ({
  subject,
  html: `<h2>${subject}</h2>
<p>${text}</p>
<p>If this was not you, contact support at once.</p>
`,
})

/** Used unless the settings name another; in Go's template language, as theirs are. */
export const usualTemplates: Readonly<Record<MailKind | NotificationKind, Template>> = {
  confirmation: withLink(
    'Confirm Your Email',
    'Confirm your email address',
    'Follow this link to finish signing up:',
    'Confirm email address',
  ),
  invite: withLink(
    'You have been invited',
    'You have been invited',
    'Follow this link to accept the invitation:',
    'Accept the invitation',
  ),
  recovery: withLink(
    'Reset Your Password',
    'Reset your password',
    'Follow this link to choose a new password:',
    'Reset password',
  ),
  magic_link: withLink('Your Magic Link', 'Your link to sign in', 'Follow this link to sign in:', 'Sign in'),
  email_change: withLink(
    'Confirm Email Change',
    'Confirm the change of your email address',
    'Follow this link to confirm the change:',
    'Confirm the change',
  ),
  reauthentication: {
    subject: 'Confirm reauthentication',
    html: `<h2>Confirm that it is you</h2>
<p>Enter this code:</p>
<p>{{ .Token }}</p>
`,
  },
  password_changed_notification: notice(
    'Your password has been changed',
    'The password of your account {{ .Email }} was changed.',
  ),
  email_changed_notification: notice(
    'Your email address has been changed',
    'The email address of your account was changed from {{ .OldEmail }} to {{ .Email }}.',
  ),
  phone_changed_notification: notice(
    'Your phone number has been changed',
    'The phone number of your account {{ .Email }} was changed from {{ .OldPhone }} to {{ .Phone }}.',
  ),
  identity_linked_notification: notice(
    'A new identity has been linked',
    'An identity of {{ .Provider }} was linked to your account {{ .Email }}.',
  ),
  identity_unlinked_notification: notice(
    'An identity has been unlinked',
    'An identity of {{ .Provider }} was unlinked from your account {{ .Email }}.',
  ),
  mfa_factor_enrolled_notification: notice(
    'A new MFA factor has been enrolled',
    'A factor of type {{ .FactorType }} was enrolled for your account {{ .Email }}.',
  ),
  mfa_factor_unenrolled_notification: notice(
    'An MFA factor has been unenrolled',
    'A factor of type {{ .FactorType }} was removed from your account {{ .Email }}.',
  ),
}
