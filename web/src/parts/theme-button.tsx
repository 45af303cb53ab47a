import { useEffect, useState } from 'react'
import { Icon } from './icon.tsx'

const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

/** Light, dark, or as the system says. */
export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(() => {
    const kept = localStorage.getItem('theme')
    return themes.find(name => name === kept) ?? 'system'
  })
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
    localStorage.setItem('theme', theme)
  }, [theme])
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
  return (
    <button type="button" className="theme" onClick={() => setTheme(next)}>
      <Icon name="sun" /> Theme: {theme}
    </button>
  )
}
