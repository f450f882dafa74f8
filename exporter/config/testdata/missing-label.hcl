source {
  api_key = env("LEMLIST_API_KEY")
}
export {
  destination = "./out"
}
