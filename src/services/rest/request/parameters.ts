/** One parameter of an address; no value when there is no equals sign. */
export type AddressParameter = readonly [name: string, value: string | undefined]

/** Reads what stands after the question mark. Parameters are parted by `&` or `;`; plus is a blank. */
export function readParameters(search: string): readonly AddressParameter[] {
  return search
    .split(/[&;]/)
    .filter(part => part !== '')
    .map(part => {
      const at = part.indexOf('=')
      return at < 0 ? [decode(part), undefined] : [decode(part.slice(0, at)), decode(part.slice(at + 1))]
    })
}

function decode(text: string): string {
  const plain = text.replaceAll('+', ' ')
  if (!plain.includes('%')) return plain
  try {
    return decodeURIComponent(plain)
  } catch {
    // Bytes that are no UTF-8 become the sign for that; a percent sign that stands alone is one.
    const bytes = plain.replace(/(?:%[0-9a-f]{2})+/gi, run =>
      Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
    )
    return bytes
  }
}

/** The parameters in the order of their names; values of the same name are joined by commas. */
export function canonical(parameters: readonly AddressParameter[]): string {
  const byName = new Map<string, string[]>()
  for (const [name, value = ''] of parameters) {
    const values = byName.get(name)
    if (values) values.push(value)
    else byName.set(name, [value])
  }
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => `${encode(name)}=${values.map(encode).join(',')}`)
    .join('&')
}

/** Only letters, digits and `-_.~` stay as they are. */
export function encode(text: string): string {
  if (/^[\w.~-]*$/.test(text)) return text
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
