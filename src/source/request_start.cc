#include "source/request_start.h"

#include "tonearm/http/url.h"

#include <curl/curl.h>
#include <openssl/evp.h>

#include <new>
#include <optional>
#include <string_view>

namespace tonearm::source {
namespace {

using ParsedUrl = std::unique_ptr<CURLU, void (*)(CURLU*)>;

ParsedUrl parsed_by_libcurl(const std::string& text) {
  ParsedUrl parsed(curl_url(), &curl_url_cleanup);
  if (!parsed) throw std::bad_alloc();
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), CURLU_PATH_AS_IS);
  if (code == CURLUE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLUE_OK) parsed.reset();
  return parsed;
}

std::optional<std::string> part_of(const ParsedUrl& url, CURLUPart which, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string out(text);
  curl_free(text);
  return out;
}

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');  // and what OpenSSL ends it with
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(to, from, static_cast<int>(text.size()))));
  return out;
}

/// RFC 9112 §3.2.1: an empty path is asked for as "/".
std::string origin_form(const http::Url& url) {
  std::string target = url.path.empty() ? "/" : url.path;
  if (url.query) target += '?' + *url.query;
  return target;
}

std::shared_ptr<const RequestStart> make_start(const OriginUrl& url) {
  const ParsedUrl parsed = parsed_by_libcurl(url.text);
  if (!parsed) return nullptr;
  const auto host = part_of(parsed, CURLUPART_HOST, CURLU_PUNYCODE);
  const auto target = http::parse_url(url.text);
  if (!host || !target) return nullptr;
  const auto start = std::make_shared<RequestStart>();
  start->line_and_host = "GET " + origin_form(*target) + " HTTP/1.1\r\nHost: " + *host;
  const bool default_port = url.port == (url.scheme == "https" ? "443" : "80");
  if (!default_port) start->line_and_host += ':' + url.port;
  start->line_and_host += "\r\n";
  const auto user = part_of(parsed, CURLUPART_USER, CURLU_URLDECODE);
  if (!user) return start;
  const auto password = part_of(parsed, CURLUPART_PASSWORD, CURLU_URLDECODE);
  start->authorization =
      "Authorization: Basic " + base64(*user + ':' + password.value_or("")) + "\r\n";
  return start;
}

}  // namespace

std::shared_ptr<const RequestStart> RequestStarts::of(const OriginUrl& url) {
  if (const auto* known = recent_.find(url.text)) return *known;
  std::shared_ptr<const RequestStart> start = make_start(url);
  if (start) recent_.remember(url.text, start);
  return start;
}

}  // namespace tonearm::source
