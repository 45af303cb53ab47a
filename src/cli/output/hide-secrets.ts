const secret = new Set([
  'supabase_service_role_key',
  'supabase_secret_key',
  'db_password',
  'studio_password',
  'jwt_secret',
])

/** Connection data without what is secret of it; the anon key is made to be public. */
export function hideSecrets<T extends object>(connection: T): T {
  return Object.fromEntries(
    Object.entries(connection).map(([name, value]) => {
      if (secret.has(name)) return [name, '(hidden)']
      if (name === 'db_connection_string') return [name, String(value).replace(/:[^:@/]*@/, ':(hidden)@')]
      return [name, value]
    }),
  ) as T
}
