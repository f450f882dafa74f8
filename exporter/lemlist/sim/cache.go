package sim

// cache is what stands between the clients and the API and answers from memory.
// Times are milliseconds of the data's clock.
type cache struct {
	kind  Cache
	keeps int64
	first int // the user who asked first, for CacheOneUser; -1 before
	pages map[cacheKey]cachedPage
}

type cacheKey struct{ user, page, size int }

type cachedPage struct {
	listPage
	until int64
}

func newCache(o Options) cache {
	return cache{kind: o.Cache, keeps: o.CacheFor.Milliseconds(), first: -1, pages: map[cacheKey]cachedPage{}}
}

// key is what a page is kept under. Its user is the one whose list is read.
func (c *cache) key(user, page, size int) cacheKey {
	if c.kind == CacheOneUser {
		if c.first < 0 {
			c.first = user
		}
		user = c.first
	}
	return cacheKey{user, page, size}
}

// applies reports whether pages of key are kept.
func (c *cache) applies(key cacheKey) bool {
	return c.kind == CachePages || c.kind == CacheSharedPages || c.kind == CacheFirstPage && key.page == 1
}

// slot is the key without what the cache overlooks.
func (c *cache) slot(key cacheKey) cacheKey {
	if c.kind == CacheSharedPages {
		key.user = -1
	}
	return key
}

func (c *cache) find(key cacheKey, now int64) (listPage, bool) {
	if !c.applies(key) {
		return listPage{}, false
	}
	kept, ok := c.pages[c.slot(key)]
	return kept.listPage, ok && now < kept.until
}

func (c *cache) keep(key cacheKey, got listPage, now int64) {
	if c.applies(key) {
		c.pages[c.slot(key)] = cachedPage{got, now + c.keeps}
	}
}
