// A program that ends in an error deep within the packages: what the runtime prints of it must stay short.
import { Linear } from '@dl/nn';
import { zeros } from '@dl/tensor';

new Linear(2, 3).forward(zeros([1, 4]));
