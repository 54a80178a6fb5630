import './main.css'
import { render } from 'preact'
import { App } from './app/App.tsx'
import { createShell } from './app/boot.ts'

const place = document.getElementById('app')
if (place) render(<App shell={createShell()} />, place)
