import { mount } from 'svelte';
import './tokens.css';
import './app.css';
import App from './App.svelte';
import { takeTokenFromAddress } from './sources/token.ts';

const target = document.getElementById('app');
if (target === null) throw new Error('bug: the page has no #app');
takeTokenFromAddress();
mount(App, { target });
