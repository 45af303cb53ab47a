import { describe, expect, it } from 'vitest'
import { HangarError } from '#kernel'
import type { Caller } from './caller.ts'
import { type SiloDirectory, siloOf } from './scope.ts'

const operation = { name: 'silo.status', scope: 'silo', roles: ['devops'] } as never
const agent = (silos: Caller['silos']) =>
  ({ kind: 'agent', id: 'a', role: 'devops', silos, via: 'rest' }) as unknown as Caller

/** Two silos, and a record of everything that is looked up. */
function directory() {
  const silos = ['silo-mine', 'silo-theirs'].map(silo_id => ({ silo_id, alias: `alias-of-${silo_id}` }))
  const asked: string[] = []
  const looked: SiloDirectory = {
    name(name) {
      asked.push(`name ${name}`)
      return silos.find(({ silo_id, alias }) => silo_id === name || alias === name) as never
    },
    get(name) {
      asked.push(`get ${name}`)
      return silos.find(({ silo_id }) => silo_id === name) as never
    },
    list() {
      asked.push('list')
      return silos as never
    },
  }
  return { looked, asked }
}

/** What the call was answered, with the name taken out, and all that was looked up for it. */
function refused(name: string) {
  const { looked, asked } = directory()
  try {
    siloOf(agent(['silo-mine']), operation, { silo_id: name }, looked)
  } catch (error) {
    if (!(error instanceof HangarError)) throw error
    const { message, code, status, hint } = error
    return { said: JSON.stringify({ message, code, status, hint }).replaceAll(name, '…'), asked }
  }
  throw new Error(`${name} was answered`)
}

describe('a silo that is not the caller’s', () => {
  it('costs the same look-ups and gets the same words as one that does not exist', () => {
    const unknown = refused('silo-absent')
    expect(refused('silo-theirs')).toEqual(unknown)
    expect(refused('alias-of-silo-theirs')).toEqual(unknown)
    expect(unknown.asked.some(look => look.includes('absent') || look === 'list')).toBe(false)
  })

  it('is found where the caller holds it', () => {
    const { looked } = directory()
    expect(siloOf(agent(['silo-mine']), operation, { silo_id: 'alias-of-silo-mine' }, looked)).toMatchObject({
      silo_id: 'silo-mine',
    })
  })
})
