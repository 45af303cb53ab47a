/** `postgres` of `registry.example.com:5000/supabase/postgres:15@sha256:…`. */
export function imageName(reference: string | undefined): string {
  const last = (reference ?? '').split('/').at(-1) ?? ''
  return last.replace(/[:@].*$/, '')
}
