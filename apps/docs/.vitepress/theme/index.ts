import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import { type Component, defineAsyncComponent } from 'vue';
import './style.css';

/** Demonstrations are fetched when a page that has one is opened. */
const demos: Record<string, () => Promise<{ default: Component }>> = {
  BroadcastDemo: () => import('./demos/BroadcastDemo.vue'),
  GraphDemo: () => import('./demos/GraphDemo.vue'),
  PlaygroundDemo: () => import('./demos/PlaygroundDemo.vue'),
  ConvolutionDemo: () => import('./demos/ConvolutionDemo.vue'),
  DigitsDemo: () => import('./demos/DigitsDemo.vue'),
  OptimiserDemo: () => import('./demos/OptimiserDemo.vue'),
  CurveDemo: () => import('./demos/CurveDemo.vue'),
  BatchNormDemo: () => import('./demos/BatchNormDemo.vue'),
  ZooDemo: () => import('./demos/ZooDemo.vue'),
};

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    for (const [name, load] of Object.entries(demos)) {
      app.component(
        name,
        defineAsyncComponent(async () => (await load()).default),
      );
    }
  },
} satisfies Theme;
