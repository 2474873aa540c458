import { readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import { Generator, tensor } from '@dl/tensor';
import { describe, expect, it } from 'vitest';
import { decodeImage, imageToBatch } from '../src/images/decode';
import type { ImageBatch, ImageTransform } from '../src/index';
import {
  ArrayDataset,
  AugmentedDataset,
  centerCrop,
  colorJitter,
  compose,
  DataError,
  DataLoader,
  fromImages,
  normalize,
  randomAffine,
  randomCrop,
  randomHorizontalFlip,
  randomResizedCrop,
  randomVerticalFlip,
  resize,
  toImages,
} from '../src/index';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url);
const expected = JSON.parse(readFileSync(fixture('images.json'), 'utf8')) as {
  readonly resize: readonly {
    readonly picture: readonly [number, number];
    readonly size: number | [number, number];
    readonly antialias: Numbers;
    readonly plain: Numbers;
    readonly bytes: Numbers;
    readonly crop: [number, number];
    readonly cropped: Numbers;
  }[];
  readonly files: readonly {
    readonly name: string;
    readonly mode: string;
    readonly size: readonly [number, number];
    readonly rgb: readonly number[];
    readonly gray: readonly number[];
  }[];
};

/** The formula of packages/data/test/fixtures/images.py. */
function picture(height: number, width: number): ImageBatch {
  const data = new Float32Array(3 * height * width);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const fine = x > width / 2 ? 40 * ((x + y * (c + 1)) % 2) : 0;
        const value = 127.5 + 80 * Math.sin(x / (3 + c)) * Math.cos(y / (4 + c)) + fine;
        data[(c * height + y) * width + x] = Math.trunc(Math.min(255, Math.max(0, value))) / 255;
      }
    }
  }
  return { data, shape: [1, 3, height, width] };
}

function compare(found: ImageBatch, { shape, data }: Numbers, tolerance: number): void {
  expect(found.shape).toEqual([1, ...shape]);
  for (let i = 0; i < data.length; i++) {
    expect(Math.abs(found.data[i] - data[i]), `number ${i}`).toBeLessThan(tolerance);
  }
}

const random = () => new Generator(5);
const apply = (transform: ImageTransform, images: ImageBatch) => transform(images, random());

describe('sizes', () => {
  for (const sample of expected.resize) {
    const images = picture(...sample.picture);
    it(`are as torchvision's: ${sample.picture} to ${sample.size}`, () => {
      compare(apply(resize(sample.size), images), sample.antialias, 2e-6);
      compare(apply(resize(sample.size, { antialias: false }), images), sample.plain, 2e-6);
      compare(apply(resize(sample.size, { bytes: true }), images), sample.bytes, 1e-6);
      compare(apply(centerCrop(sample.crop), images), sample.cropped, 1e-6);
    });
  }

  it('refuse what is no size', () => {
    expect(() => resize(0)).toThrow(/positive whole/);
    expect(() => centerCrop([3, 1.5])).toThrow(/positive whole/);
    expect(() => apply(randomCrop(40), picture(9, 40))).toThrow(/too small/);
  });
});

/** Two images of one channel whose values tell image, row and column. */
function counting(height = 3, width = 4): ImageBatch {
  const data = Float32Array.from({ length: 2 * height * width }, (_, i) => {
    const [n, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    return 100 * n + 10 * y + x;
  });
  return { data, shape: [2, 1, height, width] };
}

describe('augmentation', () => {
  it('mirrors', () => {
    const images = counting(2, 3);
    const across = apply(randomHorizontalFlip(1), images);
    expect([...across.data.slice(0, 6)]).toEqual([2, 1, 0, 12, 11, 10]);
    const down = apply(randomVerticalFlip(1), images);
    expect([...down.data.slice(6)]).toEqual([110, 111, 112, 100, 101, 102]);
    expect(apply(randomHorizontalFlip(0), images).data).toEqual(images.data);
    const many: ImageBatch = { data: new Float32Array(2000).fill(1), shape: [1000, 1, 1, 2] };
    for (let i = 0; i < 2000; i += 2) many.data[i] = 0;
    const flipped = apply(randomHorizontalFlip(), many);
    const share = flipped.data.filter((v, i) => i % 2 === 0 && v === 1).length / 1000;
    expect(Math.abs(share - 0.5)).toBeLessThan(0.06);
  });

  it('cuts rectangles out of padded images, all places equally often', () => {
    const one: ImageBatch = { data: Float32Array.of(1, 2, 3, 4), shape: [1, 1, 2, 2] };
    const seen = new Map<string, number>();
    const stream = random();
    const crop = randomCrop(2, { padding: 1, fill: 9 });
    for (let i = 0; i < 1800; i++) {
      const key = crop(one, stream).data.join();
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect(seen.size).toBe(9);
    expect(Math.min(...seen.values())).toBeGreaterThan(150);
    expect(seen.has('9,9,9,1')).toBe(true);
    expect(seen.has('4,9,9,9')).toBe(true);
  });

  it('turns by the angle, and leaves images alone without one', () => {
    const images = counting(3, 3);
    expect(apply(randomAffine({}), images).data).toEqual(images.data);
    const shifted = apply(
      (x) => randomAffine({ translate: [0, 1] })(x, { random: () => 2 / 3 } as Generator),
      images,
    );
    // A shift by a third of the width: everything moves one column to the right.
    expect(Math.round(shifted.data[1])).toBe(0);
    expect(Math.round(shifted.data[5])).toBe(11);
    const quarter = randomAffine({ degrees: 90 })(images, { random: () => 1 } as Generator);
    expect(Array.from(quarter.data.slice(0, 9), Math.round)).toEqual([
      20, 10, 0, 21, 11, 1, 22, 12, 2,
    ]);
    expect(() => randomAffine({ scale: [0, 1] })).toThrow(/positive/);
  });

  it('changes light and colour', () => {
    const images = picture(6, 6);
    const fixed = (value: number) => ({ random: () => value }) as Generator;
    const dark = colorJitter({ brightness: [0.5, 0.5] })(images, fixed(0));
    dark.data.forEach((v, i) => {
      expect(v).toBeCloseTo(images.data[i] / 2, 6);
    });
    const grey = colorJitter({ saturation: [0, 0] })(images, fixed(0));
    for (let i = 0; i < 36; i++) expect(grey.data[i]).toBeCloseTo(grey.data[36 + i], 6);
    const flat = colorJitter({ contrast: [0, 0] })(images, fixed(0));
    expect(Math.max(...flat.data) - Math.min(...flat.data)).toBeLessThan(1e-6);
    expect(() => apply(colorJitter({ saturation: 0.5 }), counting())).toThrow(/red, green/);
  });

  it('normalises, cuts parts of random size, and composes', () => {
    const images = picture(20, 30);
    const both = compose(randomResizedCrop(8), normalize([0.5, 0.4, 0.3], [0.2]));
    const made = apply(both, images);
    expect(made.shape).toEqual([1, 3, 8, 8]);
    expect(Math.min(...made.data)).toBeGreaterThan(-0.5 / 0.2 - 0.01);
    expect(apply(both, images).data).toEqual(made.data);
    expect(() => apply(normalize([0, 0], [1]), images)).toThrow(/each channel/);
  });

  it('is the same for a seed, and goes on where a loader was saved', () => {
    const bytes = Uint8Array.from({ length: 20 * 48 }, (_, i) => (i * 37) % 256);
    const plain = () =>
      new ArrayDataset({ inputs: bytes, shape: [3, 4, 4], labels: new Uint8Array(20) });
    const make = () =>
      new DataLoader(
        new AugmentedDataset(plain(), [randomCrop(4, { padding: 2 }), randomHorizontalFlip()]),
        { batchSize: 5, shuffle: true },
      );
    const all = (loader: ReturnType<typeof make>) =>
      Array.from(loader, ([x]) => x.dataSync().join());
    const whole = make();
    const both = [...all(whole), ...all(whole)];
    expect(new Set(both).size).toBe(8);
    const first = make();
    const seen: string[] = [];
    let state = first.stateDict();
    for (const [x] of first) {
      seen.push(x.dataSync().join());
      state = first.stateDict();
      if (seen.length === 2) break;
    }
    const second = make();
    second.loadStateDict(structuredClone(state));
    expect([...seen, ...all(second), ...all(second)]).toEqual(both);
  });
});

describe('pictures from files', () => {
  for (const { name, size, rgb, gray } of expected.files) {
    it(`are as Pillow reads them: ${name}`, () => {
      const bytes = readFileSync(fixture(name));
      // Decoders of JPEG may differ a little in colour conversion and in the interpolation of colour.
      const tolerance = name.endsWith('.jpg') ? (name === 'color.jpg' ? 24 : 3) : 0;
      for (const [mode, want] of [
        ['rgb', rgb],
        ['gray', gray],
      ] as const) {
        const image = decodeImage(bytes, { mode });
        expect([image.height, image.width]).toEqual(size);
        const worst = image.data.reduce((w, v, i) => Math.max(w, Math.abs(v - want[i])), 0);
        expect(worst).toBeLessThanOrEqual(tolerance);
      }
      const batch = imageToBatch(decodeImage(bytes));
      expect(batch.shape).toEqual([1, 3, ...size]);
      expect(Math.abs(batch.data[1] - rgb[3] / 255)).toBeLessThanOrEqual((tolerance + 0.1) / 255);
    });
  }

  const kinds = JSON.parse(readFileSync(fixture('png.json'), 'utf8')) as {
    readonly name: string;
    readonly file: string;
    readonly rgb: string;
  }[];
  it.each(kinds.map((kind) => [kind.name, kind] as const))(
    'are as Pillow reads them: PNG of %s',
    (_, { file, rgb }) => {
      const { data } = decodeImage(Buffer.from(file, 'base64'));
      expect(Buffer.from(data).toString('base64')).toBe(rgb);
    },
  );

  const chunk = (type: string, content: readonly number[]) => {
    const named = Buffer.concat([Buffer.from(type), Uint8Array.from(content)]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(content.length);
    ends.writeUInt32BE(crc32(named), 4);
    return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
  };
  /** A picture of two by two, of one IDAT. */
  const small = (colour: number, rows: readonly number[], ...before: Buffer[]) =>
    Buffer.concat([
      readFileSync(fixture('rgb.png')).subarray(0, 8),
      chunk('IHDR', [0, 0, 0, 2, 0, 0, 0, 2, 8, colour, 0, 0, 0]),
      ...before,
      chunk('IDAT', [...deflateSync(Uint8Array.from(rows))]),
      chunk('IEND', []),
    ]);
  const colours = [0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12];
  const shown = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

  it.each([
    ['a palette that is only proposed', chunk('PLTE', [200, 201, 202])],
    ['a colour that means transparency', chunk('tRNS', [0, 1, 0, 2, 0, 3])],
    ['a damaged transparency', chunk('tRNS', [1])],
    ['a damaged profile', chunk('iCCP', [1, 2, 3])],
    ['a damaged resolution', chunk('pHYs', [1])],
    ['a damaged text', chunk('tEXt', [1, 2])],
  ])('are read in spite of %s', (_, extra) => {
    expect([...decodeImage(small(2, colours, extra)).data]).toEqual(shown);
  });

  it.each([
    [
      'a palette that lacks a colour',
      small(3, [0, 0, 1, 0, 0, 2], chunk('PLTE', [1, 2, 3, 4, 5, 6])),
      /palette/,
    ],
    ['no palette', small(3, [0, 0, 0, 0, 0, 0]), /palette is missing/],
    ['an unknown filter', small(2, [5, ...colours.slice(1)]), /filter: 5/],
    ['a row too few', small(2, colours.slice(7)), /less data/],
    ['a row too many', small(2, [...colours, ...colours.slice(7)]), /more data/],
    ['an unknown chunk that must be understood', small(2, colours, chunk('ABCD', [])), /ABCD/],
  ])('are refused with %s', (_, file, message) => {
    expect(() => decodeImage(file)).toThrow(DataError);
    expect(() => decodeImage(file)).toThrow(message);
  });

  it('are refused where they are damaged, too large or something else', () => {
    const png = readFileSync(fixture('rgb.png'));
    expect(() => decodeImage(png, { maxPixels: 100 })).toThrow(/more than 100 pixels/);
    expect(() => decodeImage(Uint8Array.of(1, 2, 3))).toThrow(/neither PNG nor JPEG/);
    for (const name of ['rgb.png', 'color.jpg']) {
      const bytes = readFileSync(fixture(name));
      expect(() => decodeImage(bytes.subarray(0, bytes.length / 3))).toThrow(DataError);
      const stream = random();
      for (let i = 0; i < 300; i++) {
        const mutated = Uint8Array.from(bytes);
        for (let k = 0; k < 3; k++) {
          mutated[Math.floor(stream.random() * bytes.length)] = Math.floor(stream.random() * 256);
        }
        try {
          decodeImage(mutated, { maxPixels: 1e5 });
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }
    }
  });

  it('become tensors and back', () => {
    const x = fromImages(counting());
    expect(x.shape).toEqual([2, 1, 3, 4]);
    expect(toImages(x)).toEqual(counting());
    expect(() => toImages(tensor([1]))).toThrow(/no images/);
  });
});
