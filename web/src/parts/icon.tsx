const paths = {
  home: 'M3 11l9-8 9 8v10h-6v-6H9v6H3z',
  table: 'M3 5h18v14H3zM3 10h18M3 14.5h18M9.5 10v9',
  view: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  users:
    'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 10c0-4 3-7 7-7s7 3 7 7M16 3.5a4 4 0 0 1 0 7M18.500 14.5c2.300 1 3.500 3.500 3.500 6.500',
  bucket:
    'M4 6c0-1.700 3.600-3 8-3s8 1.300 8 3-3.600 3-8 3-8-1.300-8-3zm0 0l1.500 13c.3 1.200 3 2 6.500 2s6.200-.8 6.500-2L20 6',
  code: 'M8 7l-5 5 5 5M16 7l5 5-5 5M13.500 4l-3 16',
  shield: 'M12 3l8 3v6c0 4.500-3.200 8-8 9-4.800-1-8-4.500-8-9V6z',
  key: 'M14.500 9.500a4.500 4.500 0 1 1-4.300 3.200L3 20v1h4v-3h3v-3h1',
  refresh: 'M20 11a8 8 0 1 0-2.300 6.300M20 4v7h-7',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2l5 5',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  play: 'M7 4l13 8-13 8z',
} as const

export type IconName = keyof typeof paths

/** Decoration beside a text that says the same. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
