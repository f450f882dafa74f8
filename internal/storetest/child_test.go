package storetest

const childRole = "LEMEXPORT_STORETEST_CHILD"

func childMain() int { return 0 }
