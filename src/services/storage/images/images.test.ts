import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anonToken, serviceToken, startStorage, type TestStorage } from '../testing/storage.ts'

// Rendered images: sizes, forms, links, and what must not be decoded.

let storage: TestStorage

beforeAll(async () => {
  storage = await startStorage({ ENABLE_IMAGE_TRANSFORMATION: 'true', IMG_LIMITS_MAX_SIZE: '500' })
  const service = storage.client(serviceToken)
  await service.createBucket('pictures', { public: true })
  await service.createBucket('private', { public: false })
  const picture = await sharp({ create: { width: 800, height: 400, channels: 3, background: '#c05030' } })
    .jpeg()
    .toBuffer()
  for (const bucket of ['pictures', 'private'])
    await service.from(bucket).upload('a.jpg', picture, { contentType: 'image/jpeg', cacheControl: '60' })
})
afterAll(() => storage?.[Symbol.asyncDispose]())

async function image(path: string, init: { token?: string; headers?: Record<string, string> } = {}) {
  const answer = await storage.fetch(`/render/image${path}`, { token: '', ...init })
  const bytes = Buffer.from(await answer.arrayBuffer())
  if (answer.status !== 200) return { status: answer.status, error: JSON.parse(bytes.toString()) }
  const { width, height, format } = await sharp(bytes).metadata()
  return { status: 200, width, height, format, headers: answer.headers }
}

describe('a rendered image', () => {
  it('has the size and the form that were asked', async () => {
    expect(await image('/public/pictures/a.jpg?width=100&height=100')).toMatchObject({
      width: 100,
      height: 100,
      format: 'jpeg',
    })
    expect(await image('/public/pictures/a.jpg?width=100')).toMatchObject({ width: 100, height: 50 })
    expect(await image('/public/pictures/a.jpg?width=100&height=100&resize=contain')).toMatchObject({
      width: 100,
      height: 50,
    })
    expect(await image('/public/pictures/a.jpg?width=100&height=100&resize=fill')).toMatchObject({
      width: 100,
      height: 100,
    })
    expect(await image('/public/pictures/a.jpg?width=9000'), 'edges are limited').toMatchObject({
      width: 500,
    })
    expect(await image('/public/pictures/a.jpg?width=50&format=avif')).toMatchObject({ format: 'heif' })
  })

  it('takes the form that the reader likes best, unless the original is wanted', async () => {
    const headers = { accept: 'image/avif,image/webp,*/*' }
    const negotiated = await image('/public/pictures/a.jpg?width=60', { headers })
    expect(negotiated.format).toBe('webp')
    expect(negotiated.headers?.get('content-type')).toBe('image/webp')
    expect(negotiated.headers?.get('x-transformations')).toBe('width:60,resizing_type:fill')
    expect(negotiated.headers?.get('cache-control')).toBe('max-age=60')
    expect((await image('/public/pictures/a.jpg?width=60&format=origin', { headers })).format).toBe('jpeg')
  })

  it('is shown to those who may see the object, and to holders of a link', async () => {
    expect((await image('/public/private/a.jpg')).error).toMatchObject({ error: 'Bucket not found' })
    expect((await image('/authenticated/private/a.jpg', { token: anonToken })).error).toMatchObject({
      error: 'not_found',
    })
    expect(await image('/authenticated/private/a.jpg?width=20', { token: serviceToken })).toMatchObject({
      width: 20,
    })
    const { data } = await storage
      .client(serviceToken)
      .from('private')
      .createSignedUrl('a.jpg', 60, { transform: { width: 30, height: 30, resize: 'cover' } })
    const { pathname, search } = new URL(data?.signedUrl ?? '')
    expect(pathname).toBe('/storage/v1/render/image/sign/private/a.jpg')
    expect(await image(`${pathname.replace(/.*image/, '')}${search}&width=400`)).toMatchObject({
      width: 30,
      height: 30,
    })
    expect((await image(`/sign/private/b.jpg${search}`)).error).toMatchObject({ error: 'InvalidSignature' })
  })

  it('is kept, and rendered anew when the object is replaced', async () => {
    const service = storage.client(serviceToken).from('pictures')
    const upload = async (color: string) => {
      const bytes = await sharp({ create: { width: 10, height: 10, channels: 3, background: color } })
        .png()
        .toBuffer()
      await service.upload('changing.png', bytes, { contentType: 'image/png', upsert: true })
    }
    const colour = async () => {
      const answer = await storage.fetch('/render/image/public/pictures/changing.png?width=5', { token: '' })
      return [
        ...(
          await sharp(Buffer.from(await answer.arrayBuffer()))
            .raw()
            .toBuffer()
        ).subarray(0, 3),
      ]
    }
    await upload('#ff0000')
    expect(await colour()).toEqual([255, 0, 0])
    const kept = readdirSync(join(storage.directory, '..', 'cache', 'images')).length
    expect(await colour()).toEqual([255, 0, 0])
    expect(readdirSync(join(storage.directory, '..', 'cache', 'images'))).toHaveLength(kept)
    await upload('#0000ff')
    expect(await colour()).toEqual([0, 0, 255])
  })
})

describe('refused are', () => {
  it('wishes that make no sense', async () => {
    for (const wish of ['width=-1', 'width=x', 'quality=5', 'resize=crop', 'format=exe'])
      expect((await image(`/public/pictures/a.jpg?${wish}`)).status, wish).toBe(400)
  })

  it('what is no image, and images that would burst', async () => {
    const service = storage.client(serviceToken).from('pictures')
    await service.upload('text.png', 'not an image', { contentType: 'image/png' })
    expect((await image('/public/pictures/text.png?width=10')).error).toMatchObject({
      statusCode: '400',
      message: 'The source image is invalid or unsupported for rendering',
    })
    await service.upload('bomb.png', pixelBomb(30_000, 30_000), { contentType: 'image/png' })
    expect((await image('/public/pictures/bomb.png?width=10')).error).toMatchObject({
      statusCode: '400',
      message: 'The source image resolution is too large to process',
    })
  })

  it('all of them, where images are not rendered', async () => {
    await using plain = await startStorage()
    const answer = await plain.fetch('/render/image/public/pictures/a.jpg', { token: '' })
    expect(await answer.json()).toMatchObject({ code: 'NotSupported' })
  })
})

/** A PNG of a few kilobytes that claims to be gigantic. */
function pixelBomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc(body))
    return Buffer.concat([length, body, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1024 * 1024))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return (value ^ 0xffffffff) >>> 0
}
