import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InstalledPostgres, startInstalledPostgres } from '../../../test/support/installed-postgres.ts'
import { type RunningService, serveRest } from './testing/rest.ts'

/** The bin folder of a PostgreSQL of this machine that has PostGIS, where Debian and Ubuntu put it. */
const binDirectory = [18, 17, 16, 15, 14]
  .filter(major => existsSync(`/usr/share/postgresql/${major}/extension/postgis.control`))
  .map(major => `/usr/lib/postgresql/${major}/bin`)
  .find(bin => existsSync(`${bin}/postgres`))

const setup = `
  create role service_role;
  create role authenticator login noinherit in role service_role;
  create schema extensions;
  grant usage on schema public, extensions to service_role;
  alter default privileges grant all on tables to service_role;
  create extension postgis schema extensions;
  create table towns (id int primary key, name text, at extensions.geometry(point, 4326));
  insert into towns values (1, 'Ulm', 'SRID=4326;POINT(10 48)'), (2, 'Bonn', 'SRID=4326;POINT(7 50.5)'), (3, 'Köln', 'SRID=4326;POINT(7 51)');
  create table shops (id int primary key, town_id int references towns, door extensions.geometry);
  insert into shops values (1, 1, 'POINT(1 2)');
  create table plain (id int primary key);
  insert into plain values (1);
  create function towns_named(start text) returns setof towns language sql stable as $$ select * from towns where name like start || '%' order by id $$;
  create function one_town(number int) returns towns language sql stable as $$ select * from towns where id = number $$;`

const feature = (coordinates: number[], properties: object) => ({
  type: 'Feature',
  geometry: { type: 'Point', coordinates },
  properties,
})
const collection = (...features: object[]) => ({ type: 'FeatureCollection', features })
const ulm = feature([10, 48], { id: 1, name: 'Ulm' })
const bonn = feature([7, 50.5], { id: 2, name: 'Bonn' })

describe.skipIf(!binDirectory)('GeoJSON (skipped where no PostGIS is installed)', () => {
  let postgres: InstalledPostgres
  let rest: RunningService
  beforeAll(async () => {
    postgres = await startInstalledPostgres(binDirectory ?? '')
    await (await postgres.client()).query(setup)
    rest = await serveRest(postgres, { PGRST_DB_SCHEMAS: 'public' }, join(postgres.folder, 'cache'))
  })
  afterAll(async () => {
    await rest?.close()
    await postgres?.stop()
  })
  const ask = (path: string, { method = 'GET', body }: { method?: string; body?: unknown } = {}) =>
    rest.ask(path, {
      method,
      headers: { accept: 'application/geo+json', prefer: 'return=representation, tx=rollback' },
      ...(body === undefined ? {} : { body }),
    })

  it.each([
    ['rows of a table', '/towns?id=lt.3&order=id', collection(ulm, bonn)],
    ['chosen columns', '/towns?select=at,name&id=eq.1', collection(feature([10, 48], { name: 'Ulm' }))],
    ['other names', '/towns?select=at,town:name&id=eq.1', collection(feature([10, 48], { town: 'Ulm' }))],
    ['no rows', '/towns?id=eq.99', collection()],
    ['rows of a function', '/rpc/towns_named?start=B', collection(bonn)],
    ['the row of a function', '/rpc/one_town?number=1', collection(ulm)],
    [
      'what is embedded',
      '/towns?select=at,shops(id,door)&id=eq.1',
      collection(feature([10, 48], { shops: [{ id: 1, door: { type: 'Point', coordinates: [1, 2] } }] })),
    ],
  ])('of %s', async (_what, path, expected) => {
    const reply = await ask(path)
    expect(reply.json()).toEqual(expected)
    expect([reply.status, reply.headers.get('content-type')]).toEqual([
      200,
      'application/geo+json; charset=utf-8',
    ])
  })

  it('of rows that are put in, changed and removed', async () => {
    const body = { id: 9, name: 'Neu', at: { type: 'Point', coordinates: [1, 2] } }
    const added = await ask('/towns', { method: 'POST', body })
    expect(added.json()).toEqual(collection(feature([1, 2], { id: 9, name: 'Neu' })))
    expect([added.status, added.headers.get('content-type')]).toEqual([
      201,
      'application/geo+json; charset=utf-8',
    ])
    const changed = await ask('/towns?id=eq.2', { method: 'PATCH', body: { name: 'Bönn' } })
    expect(changed.json()).toEqual(collection(feature([7, 50.5], { id: 2, name: 'Bönn' })))
    const removed = await ask('/towns?id=eq.3', { method: 'DELETE' })
    expect(removed.json()).toEqual(collection(feature([7, 51], { id: 3, name: 'Köln' })))
    const put = await ask('/towns?id=eq.1', { method: 'PUT', body: { ...body, id: 1 } })
    expect(put.json()).toEqual(collection(feature([1, 2], { id: 1, name: 'Neu' })))
  })

  it.each(['/plain', '/towns?select=id,name'])('of %s is refused: there is no place', async path => {
    const reply = await ask(path)
    expect(reply.json()).toEqual({
      code: '22023',
      message: 'geometry column is missing',
      details: null,
      hint: null,
    })
    expect(reply.status).toBe(400)
  })

  it('counts and cuts as JSON does', async () => {
    const reply = await rest.ask('/towns?order=id&limit=1', {
      headers: { accept: 'application/geo+json', prefer: 'count=exact' },
    })
    expect(reply.json()).toEqual(collection(ulm))
    expect([reply.status, reply.headers.get('content-range')]).toEqual([206, '0-0/3'])
  })

  it('sends nothing for HEAD', async () => {
    const reply = await ask('/towns', { method: 'HEAD' })
    expect([reply.status, reply.text, reply.headers.get('content-type')]).toEqual([
      200,
      '',
      'application/geo+json; charset=utf-8',
    ])
  })
})
