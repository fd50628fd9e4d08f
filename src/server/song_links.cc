#include "server/song_links.h"

#include "tonearm/base/ascii.h"

#include "server/base_url.h"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <chrono>

namespace tonearm::server {
namespace {

/// What links without a host begin with.
std::string path_of_base(const std::string& base) {
  const auto scheme = base.find("://");
  if (scheme == std::string::npos) return base;
  const auto path = base.find('/', scheme + 3);
  return path == std::string::npos ? std::string() : base.substr(path);
}

/// Rounded down, so that a list asked for twice within a minute is the same (304) and no link lives
/// longer than `ttl`; by a sixtieth of short ones at most.
http::HttpTime expiry_of_links(std::chrono::seconds ttl) {
  using std::chrono::seconds;
  const seconds step = std::clamp(ttl / 60, seconds(1), seconds(60));
  const auto exact = std::chrono::floor<seconds>(std::chrono::system_clock::now()) + ttl;
  return exact - exact.time_since_epoch() % step;
}

}  // namespace

SongLinks::SongLinks(const Request& request)
    : signer_(request.serving.links),
      expires_(expiry_of_links(request.serving.options.link_ttl)),
      base_(
          base_url(request.head, request.target.authority,
                   request.from_trusted_proxy ? &request.serving.options.trusted_proxies : nullptr,
                   request.serving.options.public_url)),
      prefix_(path_of_base(base_)) {}

std::string SongLinks::stream_url(std::string_view id) const {
  const std::string path = "/songs/listen/" + percent_encoded(id);
  return base_ + (signer_.has_keys() ? signer_.sign(path, expires_).value() : path);
}

std::string SongLinks::thumbnail(const catalog::Song& song) const {
  if (song.thumbnail.empty() || is_absolute_url(song.thumbnail)) return song.thumbnail;
  return prefix_ + "/songs/" + percent_encoded(song.id) + "/thumbnail";
}

bool is_absolute_url(std::string_view text) {
  return istarts_with(text, "http://") || istarts_with(text, "https://");
}

std::string percent_encoded(std::string_view text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars);
}

}  // namespace tonearm::server
