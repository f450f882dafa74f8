package lemlist

import "sync"

// mostSpares is how many values are kept. Answers are read one at a time, but
// for those that happen to arrive together.
const mostSpares = 4

// spares are values to be used again. A sync.Pool would keep some for every
// processor and drop them with every collection: at ten requests a second, most
// would be made anew.
type spares[T any] struct {
	mu   sync.Mutex
	free []*T
}

// take returns a value; nil is none.
func (s *spares[T]) take() *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return nil
	}
	one := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return one
}

func (s *spares[T]) give(one *T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) < mostSpares {
		s.free = append(s.free, one)
	}
}
