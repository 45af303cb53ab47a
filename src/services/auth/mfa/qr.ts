const cell = 3
/** The margin that readers need: four modules. */
const margin = 4 * cell

/** An SVG of a QR code. Its colours are words, for `#` would end the data URL that clients make of it. */
export async function qrSvg(text: string): Promise<string> {
  // Loaded with the first factor: most services never have one.
  const { default: qrcode } = await import('qrcode-generator')
  const code = qrcode(0, 'M')
  code.addData(text)
  code.make()
  const count = code.getModuleCount()
  const side = count * cell + 2 * margin
  let path = ''
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (code.isDark(row, column))
        path += `M${margin + column * cell} ${margin + row * cell}h${cell}v${cell}h-${cell}z`
    }
  }
  return `<?xml version="1.0" encoding="utf-8"?><svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 ${side} ${side}"><rect width="${side}" height="${side}" fill="white"/><path d="${path}" fill="black"/></svg>`
}
