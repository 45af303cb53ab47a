/** What a user of flyctl can do where a field is not here, by words in the field's name; the first that fits counts. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /wireguard|issueCertificate|loggedCertificates|sshKey/i,
    'There is no WireGuard network: every app is on this computer. Use fly machine exec, or hangar silo connect for a database',
  ],
  [/certificate/i, 'The edge serves every app as <app>.localhost; Fly.io issues certificates'],
  [/addOn|extension|providerTos/i, 'Extensions are services of Fly.io and its partners'],
  [/token/i, 'FLY_API_TOKEN as "hangar fly env" prints it opens everything here'],
  [/builder|deployImage/i, 'Deploy an image that the catalogue knows: fly deploy --image …'],
  [/postgres/i, 'A silo has a PostgreSQL of its own: hangar silo create, then hangar silo connect'],
  [/egressIp/i, 'Machines reach other hosts under the address of this computer'],
  [/organization|moveApp/i, 'There is one organization here: personal'],
  [/domain|dns/i, 'No DNS zones are kept here'],
]

export function insteadOf(field: string): string {
  return advice.find(([pattern]) => pattern.test(field))?.[1] ?? 'docs/reference/flyctl.md lists what is'
}
