/** A media type as this service tells them apart. */
export type Media =
  | { readonly kind: 'plain'; readonly type: string }
  | { readonly kind: 'array-stripped' }
  | { readonly kind: 'object'; readonly stripped: boolean }
  | { readonly kind: 'plan'; readonly of: Media; readonly json: boolean; readonly options: readonly string[] }

export const jsonMedia: Media = { kind: 'plain', type: 'application/json' }
const planOptions = ['analyze', 'verbose', 'settings', 'buffers', 'wal']

const mainType = /^([\p{L}\p{N}.*]+\/[\p{L}\p{N}.*+-]+)/u
const parameter = /\s*;\s*([\p{L}\p{N}-]+)\s*=\s*(?:"([^"]*)"|([\p{L}\p{N}|-]+))/uy

/** What is no media type, or is none that is known here, stays as it came. */
export function parseMedia(text: string): Media {
  const [type = ''] = mainType.exec(text) ?? []
  const name = type.toLowerCase()
  switch (name) {
    case 'application/vnd.pgrst.plan':
    case 'application/vnd.pgrst.plan+text':
      return planOf(parametersOf(text, type.length), false)
    case 'application/vnd.pgrst.plan+json':
      return planOf(parametersOf(text, type.length), true)
    case 'application/vnd.pgrst.object':
    case 'application/vnd.pgrst.object+json':
      return { kind: 'object', stripped: isStripped(text, type.length) }
    case 'application/vnd.pgrst.array':
    case 'application/vnd.pgrst.array+json':
      return isStripped(text, type.length) ? { kind: 'array-stripped' } : jsonMedia
    default:
      return { kind: 'plain', type: ofOurs.has(name) || name === bytes ? name : text }
  }
}

const bytes = 'application/octet-stream'
const anything = '*/*'

/** By their names in small letters; what cannot be read ends the list. */
function parametersOf(text: string, start: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  parameter.lastIndex = start
  for (let one = parameter.exec(text); one; one = parameter.exec(text))
    found.set(one[1]?.toLowerCase() ?? '', one[2] ?? one[3] ?? '')
  return found
}

function isStripped(text: string, start: number): boolean {
  return parametersOf(text, start).get('nulls') === 'stripped'
}

function planOf(parameters: ReadonlyMap<string, string>, json: boolean): Media {
  const asked = parameters.get('options')?.split('|') ?? []
  const explained = parameters.get('for')
  return {
    kind: 'plan',
    of: explained === undefined ? jsonMedia : parseMedia(explained),
    json,
    options: planOptions.filter(option => asked.includes(option)),
  }
}

export function mediaName(media: Media): string {
  switch (media.kind) {
    case 'plain':
      return media.type
    case 'array-stripped':
      return 'application/vnd.pgrst.array+json;nulls=stripped'
    case 'object':
      return `application/vnd.pgrst.object+json${media.stripped ? ';nulls=stripped' : ''}`
    case 'plan': {
      const options = media.options.length === 0 ? '' : `; options=${media.options.join('|')}`
      return `application/vnd.pgrst.plan+${media.json ? 'json' : 'text'}; for="${mediaName(media.of)}"${options}`
    }
  }
}

const ofOurs: ReadonlySet<string> = new Set([
  'application/json',
  'application/geo+json',
  'text/csv',
  'text/plain',
  'text/xml',
  'application/openapi+json',
  'application/x-www-form-urlencoded',
  anything,
])

/** With its character set, where that is known. */
export function contentTypeOf(media: Media): string {
  const isOther = media.kind === 'plain' && !ofOurs.has(media.type)
  return isOther ? mediaName(media) : `${mediaName(media)}; charset=utf-8`
}

/** What is accepted, the most wanted first; of equals, the more specific. */
export function parseAccept(header: string | undefined): readonly Media[] {
  if (header === undefined) return [{ kind: 'plain', type: anything }]
  // Nothing at all is accepted then.
  if (header === '') return []
  return header
    .split(',')
    .map(part => {
      const text = part.replaceAll(' ', '')
      const at = text.indexOf(';q=')
      const type = at < 0 ? text : text.slice(0, at)
      const said = at < 0 ? 1 : Number.parseFloat(text.slice(at + 3))
      return {
        media: parseMedia(type),
        quality: Number.isNaN(said) ? 1 : said,
        detail: count(type, ';') - count(type, '*'),
      }
    })
    .sort((a, b) => b.quality - a.quality || b.detail - a.detail)
    .map(({ media }) => media)
}

function count(text: string, character: string): number {
  return text.split(character).length - 1
}
