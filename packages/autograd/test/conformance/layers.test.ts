import { conformanceGroups } from '@dl/testing';
import { testConformance } from './suite';

testConformance('cpu', conformanceGroups.layers);
// The reference device has a kernel of its own for this.
testConformance('reference', ['crossEntropy']);
