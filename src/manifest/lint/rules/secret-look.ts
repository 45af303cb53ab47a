const secretName =
  /(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY|API_KEY|PRIVATE_KEY|ACCESS_KEY|SIGNING_KEY|ENCRYPTION_KEY|MASTER_KEY|VAULT_KEY|SERVICE_KEY|SERVICE_ROLE_KEY|CREDENTIALS?|SALT)S?$/i
const publicName = /(^|_)(PUBLIC|PUBLISHABLE|VITE|ANON)_/i

const knownForms: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'holds a private key'],
  [/^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:(?!\*+@|<|\{)[^@\s/]+@/i, 'is an address with a password in it'],
  [/^(sk|rk)_(live|test)_\w+/, 'looks like a payment key'],
  [/^(ghp|gho|ghs|github_pat)_\w+/, 'looks like a GitHub token'],
  [/^ory_(pat|at|wak)_\w+/, 'looks like an Ory token'],
  [/^AKIA[0-9A-Z]{16}$/, 'looks like an AWS key'],
  [/^xox[abpr]-/, 'looks like a Slack token'],
  [/^(FlyV1 |fm[12]_|fo1_)/, 'looks like a Fly token'],
]

/** Why a variable looks like a secret; undefined when it does not. The value itself is never part of the answer. */
export function secretLook(name: string, value: string): string | undefined {
  for (const [form, why] of knownForms) if (form.test(value)) return why
  if (/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*$/.test(value))
    return isAnonymous(value) ? undefined : 'looks like a signed token'
  if (!secretName.test(name) || publicName.test(name)) return undefined
  // Switches, numbers, paths and what is filled in later are no secrets, whatever their name.
  if (/^(|true|false|\d+(\.\d+)?|\/\S*|\{[a-z_]+\}|\$\{?\w+\}?)$/i.test(value)) return undefined
  return 'has the name of a secret'
}

/** A Supabase key for everybody: a JWT whose role is anon. */
function isAnonymous(token: string): boolean {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return (claims as { role?: unknown }).role === 'anon'
  } catch {
    return false
  }
}
