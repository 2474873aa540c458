import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { isolation } from '../isolation.mjs';

const guides = [
  ['Tensors and broadcasting', 'tensors'],
  ['Automatic differentiation', 'autograd'],
  ['From a line to a network', 'classification'],
  ['Convolution', 'convolution'],
  ['LeNet', 'lenet'],
  ['Optimisers', 'optimisers'],
  ['Regularisation and dropout', 'regularisation'],
  ['Batch normalisation', 'batch-norm'],
  ['Devices', 'devices'],
].map(([text, name]) => ({ text, link: `/guide/${name}` }));

export default defineConfig({
  title: '@dl',
  description: 'Deep learning for TypeScript',
  lang: 'en',
  srcDir: '../../docs',
  srcExclude: ['api/**'],
  base: process.env.DL_DOCS_BASE ?? '/',
  cleanUrls: false,
  // The reference is made by typedoc and copied beside the pages.
  ignoreDeadLinks: [/^\/api\//, /\/api\/index/, /packages\//],
  markdown: { math: true },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  themeConfig: {
    nav: [
      { text: 'Guides', link: '/guide/tensors' },
      { text: 'Zoo', link: '/zoo' },
      { text: 'From PyTorch', link: '/from-pytorch' },
      { text: 'Reference', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      { text: 'Start', items: [{ text: 'What it is', link: '/' }] },
      { text: 'Guides', items: guides },
      {
        text: 'More',
        items: [
          { text: 'The zoo', link: '/zoo' },
          { text: 'From PyTorch', link: '/from-pytorch' },
          { text: 'How it works', link: '/how-it-works' },
        ],
      },
    ],
    outline: { level: [2, 3] },
    search: { provider: 'local' },
  },
  vite: {
    resolve: { conditions: ['@dl/source', 'module', 'browser', 'development|production'] },
    publicDir: fileURLToPath(new URL('../public', import.meta.url)),
    worker: { format: 'es' },
    build: { target: 'es2022' },
    // Names of classes appear in summaries.
    esbuild: { target: 'es2022', keepNames: true },
    server: { headers: isolation },
    preview: { headers: isolation },
  },
});
