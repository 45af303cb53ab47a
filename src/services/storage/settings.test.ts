import { expect, it } from 'vitest'
import { readSettings } from './settings.ts'

const needed = { DATABASE_URL: 'postgres://localhost/x', AUTH_JWT_SECRET: 'secret' }
const remote = {
  ...needed,
  STORAGE_BACKEND: 's3',
  STORAGE_S3_BUCKET: 'backend',
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
}

it('reads the variables of both backends', () => {
  expect(readSettings({ ...needed, FILE_STORAGE_BACKEND_PATH: '/data' })).toMatchObject({
    directory: '/data',
    remote: undefined,
    port: 5000,
    tenantId: 'storage-single-tenant',
    imageEdge: { min: 1, max: 2000 },
    s3: { enabled: true },
  })
  expect(readSettings({ ...remote, REGION: 'eu-west-1' }).remote).toMatchObject({
    bucket: 'backend',
    endpoint: 'https://s3.eu-west-1.amazonaws.com',
    forcePathStyle: false,
    partBytes: 16 * 1024 * 1024,
  })
})

it.each([
  ['no database', { ...needed, DATABASE_URL: '' }, /DATABASE_POOL_URL or DATABASE_URL is not set/],
  ['no folder', needed, /STORAGE_FILE_BACKEND_PATH or FILE_STORAGE_BACKEND_PATH is not set/],
  ['an unknown backend', { ...needed, STORAGE_BACKEND: 'tape' }, /STORAGE_BACKEND must be "file" or "s3"/],
  ['a store without a key', { ...remote, AWS_ACCESS_KEY_ID: '' }, /AWS_ACCESS_KEY_ID is not set/],
  [
    'an endpoint that is none',
    { ...remote, STORAGE_S3_ENDPOINT: 'nowhere' },
    /STORAGE_S3_ENDPOINT must be an http/,
  ],
  ['a size that is none', { ...needed, FILE_SIZE_LIMIT: 'big' }, /must be a number, not "big"/],
  ['a tenant that is a path', { ...needed, TENANT_ID: '../x' }, /TENANT_ID may hold letters/],
])('refuses %s, and names the variable', (_, env, message) => {
  expect(() => readSettings(env)).toThrow(message)
})
