#pragma once

#include "tonearm/catalog/song_store.h"
#include "tonearm/server/link_signer.h"
#include "tonearm/server/options.h"
#include "tonearm/source/source.h"

#include "server/bearer_tokens.h"
#include "server/cors.h"

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace tonearm::server {

/// What requests of one loop are served with. Immutable; a reload makes a new one, and each request
/// keeps the one that it began with.
struct Serving {
  Serving(const Options& with, catalog::SongStore& songs, source::Source& bytes,
          std::function<bool(std::string_view)> resolvers, std::shared_ptr<const void> keep)
      : owner(std::move(keep)),
        options(with),
        cors(with.cors_origins),
        links(with.signing_keys),
        tokens(with.api_tokens),
        store(songs),
        source(bytes),
        is_resolver(std::move(resolvers)) {}

  const std::shared_ptr<const void> owner;  ///< Of store and source; released last.
  const Options options;
  const Cors cors;
  const LinkSigner links;
  const BearerTokens tokens;
  catalog::SongStore& store;
  source::Source& source;
  const std::function<bool(std::string_view)> is_resolver;
};

}  // namespace tonearm::server
