import type { FoundApp } from './found.ts'

/** Learns from the package.json beside a fly.toml how the app is built and run. */
export function readPackage(app: FoundApp, text: string): void {
  // Its scripts run beside it; what a Makefile does elsewhere was found first.
  if (app.workDirectory !== undefined) return
  let scripts: Record<string, unknown>
  try {
    scripts = (JSON.parse(text) as { scripts?: Record<string, unknown> } | null)?.scripts ?? {}
  } catch {
    return
  }
  if (typeof scripts['build'] === 'string') app.build ??= 'npm run build'
  if (typeof scripts['start'] === 'string') app.run ??= 'npm start'
  else if (typeof scripts['dev'] === 'string') app.run ??= 'npm run dev'
}
