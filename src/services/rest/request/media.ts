/** A media type that was asked for. */
export interface Media {
  /** Without parameters, lower case. */
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

/** What is accepted, the most wanted first. */
export function parseAccept(header: string | undefined): readonly Media[] {
  const asked = splitOutsideQuotes(header ?? '*/*', ',').flatMap(part => {
    const [type = '', ...rest] = splitOutsideQuotes(part, ';').map(piece => piece.trim())
    if (type === '') return []
    const parameters = new Map(
      rest.map(piece => {
        const at = piece.indexOf('=')
        const text = at < 0 ? '' : piece.slice(at + 1).trim()
        return [piece.slice(0, at < 0 ? undefined : at).toLowerCase(), text.replace(/^"|"$/g, '')] as const
      }),
    )
    const quality = Number(parameters.get('q') ?? 1)
    return [{ type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality }]
  })
  return asked.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality)
}

/** Content-Type without its parameters. Nothing said means JSON. */
export function contentTypeOf(header: string | undefined): string {
  return header?.split(';')[0]?.trim().toLowerCase() || 'application/json'
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  return text.match(separator === ',' ? /(?:"[^"]*"|[^,"])+/g : /(?:"[^"]*"|[^;"])+/g) ?? []
}
