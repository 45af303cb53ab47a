import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { siloParts } from '#contract'
import { readFlyToml, toMachineConfig } from '#manifest'

const folder = fileURLToPath(new URL('../../stacks/devenv/', import.meta.url))
const ports = { pg: 5432, rest: 3000, auth: 9999, kong: 8000, storage: 5000, studio: 3000 }

it('the devenv stack has six files that Fly would accept, none with a secret, all able to sleep', () => {
  for (const part of siloParts) {
    const text = readFileSync(`${folder}${part}/fly.toml`, 'utf8')
    const config = toMachineConfig(readFlyToml(text, `${part}/fly.toml`))
    expect(config.services?.map(service => service.internal_port)).toEqual([ports[part]])
    expect(config.services?.[0]?.min_machines_running).toBe(0)
    expect(
      Object.keys(config.env ?? {}).filter(name => /PASSWORD|SECRET|_KEY$|DATABASE_URL|DB_URI/.test(name)),
    ).toEqual([])
    expect(text).not.toMatch(/:\/\/[^\s"]*:[^\s"]*@/)
  }
})
