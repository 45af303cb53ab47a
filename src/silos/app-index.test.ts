import { beforeEach, describe, expect, it } from 'vitest'
import { AppIndex } from './app-index.ts'
import { newRecord } from './new-record.ts'
import type { SiloRecord } from './ports.ts'

const record: SiloRecord = {
  ...newRecord({ client: 'acme', app: 'erp' }, 0),
  operation: null,
  lastStartedAt: 0,
}
const name = (part: string) => `devenv-acme-erp-${part}`
const names = (...parts: string[]) => parts.map(name).sort()

describe('the apps of a silo', () => {
  let apps: AppIndex

  beforeEach(() => {
    apps = new AppIndex()
    apps.add(record)
  })

  it.each([
    ['/rest/v1/todos?select=*', ['kong', 'rest', 'pg']],
    ['/graphql/v1', ['kong', 'rest', 'pg']],
    ['/auth/v1/token?grant_type=password', ['kong', 'auth', 'studio', 'pg']],
    ['/storage/v1/bucket', ['kong', 'storage', 'pg']],
    ['/something', ['kong', 'rest', 'auth', 'storage', 'pg']],
    [undefined, ['kong', 'rest', 'auth', 'storage', 'pg']],
  ])('must run for a request to the gateway with the path %s: %j', (path, parts) => {
    expect([...apps.soonest(name('kong'), path)].sort()).toEqual(names(...parts))
  })

  it('are what they stand on, whatever the path, for all but the gateway', () => {
    expect([...apps.soonest(name('studio'), '/rest/v1/')].sort()).toEqual(names('studio', 'pg'))
    expect(apps.soonest(name('pg'), undefined)).toEqual([name('pg')])
    expect(apps.soonest('somebody-elses', '/')).toEqual(['somebody-elses'])
  })

  it('are those that it has', () => {
    apps.delete(record)
    apps.add({ ...record, studio: false })
    expect([...apps.soonest(name('kong'), '/auth/v1/health')].sort()).toEqual(names('kong', 'auth', 'pg'))
  })

  it('count only as far as they are started first, while the silo rises', () => {
    const whole = apps.needs(name('kong'))
    apps.rises(record, new Set(names('kong', 'rest', 'pg')))
    expect([...apps.needs(name('kong'))].sort()).toEqual(names('rest', 'pg'))
    apps.add({ ...record, wanted: 'running' })
    expect([...apps.needs(name('kong'))].sort()).toEqual(names('rest', 'pg'))
    apps.rises(record, undefined)
    expect(apps.needs(name('kong'))).toBe(whole)
  })
})
