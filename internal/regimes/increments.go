package main

import "context"

func (s *stand) increments(ctx context.Context, chosen []regime) error { return nil }
