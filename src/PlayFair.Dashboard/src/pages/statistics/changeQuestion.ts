import { setQuery } from '../../address';
import { writeQuestion, type Question } from './question';

export function changeQuestion(change: Partial<Question>): void {
  setQuery(writeQuestion(change));
}
