import { mount } from 'svelte'
import './styles/theme.css'
import './styles/base.css'
import './styles/markdown.css'
import App from './App.svelte'
import { i18n } from './i18n/i18n.svelte.ts'
import { appearance } from './settings/appearance.svelte.ts'
import { keepOffline } from './shell/offline.ts'

appearance.start()
await i18n.start()
mount(App, { target: document.getElementById('app')! })
if (import.meta.env.PROD) keepOffline()
