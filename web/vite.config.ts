import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // `vite` alone, while the studio service runs beside it.
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
})
