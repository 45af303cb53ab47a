/** The kinds of email, by the names that settings use. */
export type MailKind =
  | 'confirmation'
  | 'invite'
  | 'recovery'
  | 'magic_link'
  | 'email_change'
  | 'reauthentication'

/** What a link of that kind is verified as. */
export const verificationTypes: Readonly<Record<MailKind, string>> = {
  confirmation: 'signup',
  invite: 'invite',
  recovery: 'recovery',
  magic_link: 'magiclink',
  email_change: 'email_change',
  reauthentication: 'reauthentication',
}

interface Template {
  readonly subject: string
  readonly title: string
  readonly text: string
  readonly action: string
}

const templates: Readonly<Record<MailKind, Template>> = {
  confirmation: {
    subject: 'Confirm Your Email',
    title: 'Confirm your email address',
    text: 'Follow this link to finish signing up:',
    action: 'Confirm email address',
  },
  invite: {
    subject: 'You have been invited',
    title: 'You have been invited',
    text: 'Follow this link to accept the invitation:',
    action: 'Accept the invitation',
  },
  recovery: {
    subject: 'Reset Your Password',
    title: 'Reset your password',
    text: 'Follow this link to choose a new password:',
    action: 'Reset password',
  },
  magic_link: {
    subject: 'Your Magic Link',
    title: 'Your link to sign in',
    text: 'Follow this link to sign in:',
    action: 'Sign in',
  },
  email_change: {
    subject: 'Confirm Email Change',
    title: 'Confirm the change of your email address',
    text: 'Follow this link to confirm the change:',
    action: 'Confirm the change',
  },
  reauthentication: {
    subject: 'Confirm reauthentication',
    title: 'Confirm that it is you',
    text: 'Enter this code:',
    action: '',
  },
}

/** `link` absent: the code alone. */
export function renderMail(
  kind: MailKind,
  values: { readonly link?: string; readonly otp: string },
  subject?: string,
): { readonly subject: string; readonly html: string } {
  const { title, text, action, subject: usual } = templates[kind]
  const link = values.link === undefined ? '' : `<p><a href="${escapeHtml(values.link)}">${action}</a></p>\n`
  const code =
    values.link === undefined ? `<p>${values.otp}</p>` : `<p>Alternatively, enter the code: ${values.otp}</p>`
  return { subject: subject ?? usual, html: `<h2>${title}</h2>\n<p>${text}</p>\n${link}${code}\n` }
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
