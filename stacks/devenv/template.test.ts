import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readFlyToml, toMachineConfig } from '#manifest'

const parts = ['pg', 'rest', 'auth', 'kong', 'storage', 'studio']
const ports: Record<string, number> = {
  pg: 5432,
  rest: 3000,
  auth: 9999,
  kong: 8000,
  storage: 5000,
  studio: 3000,
}

it('has six files that fly would accept, none with a secret, all able to sleep', () => {
  for (const part of parts) {
    const text = readFileSync(new URL(`${part}/fly.toml`, import.meta.url), 'utf8')
    const fly = readFlyToml(text, `${part}/fly.toml`)
    const config = toMachineConfig(fly)
    expect(config.services?.map(service => service.internal_port)).toEqual([ports[part]])
    expect(config.services?.[0]?.min_machines_running).toBe(0)
    expect(
      Object.keys(config.env ?? {}).filter(name => /PASSWORD|SECRET|_KEY$|DATABASE_URL|DB_URI/.test(name)),
    ).toEqual([])
    expect(text).not.toMatch(/:\/\/[^\s"]*:[^\s"]*@/)
  }
})
