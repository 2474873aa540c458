import { conformanceGroups } from '@dl/testing';
import { testConformance } from './suite';

testConformance('cpu', conformanceGroups.pairs);
