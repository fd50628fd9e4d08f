#include "tonearm/cache/cache.h"

#include "tonearm/base/number.h"

#include "cache/store.h"

#include <optional>
#include <utility>

namespace tonearm::cache {
namespace {

/// As they stand in the keys on disk (docs/cache-format.md): another number, and what caches hold
/// is not found any more.
unsigned number_of(Locator::Kind kind) {
  switch (kind) {
    case Locator::Kind::plain:
      return 0;
    case Locator::Kind::url:
      return 1;
    case Locator::Kind::s3:
      return 2;
    case Locator::Kind::file:
      return 3;
    case Locator::Kind::resolver:
      return 4;
  }
  return 0;
}

}  // namespace

Cache::Cache(Options options) : store_(std::make_unique<Store>(std::move(options))) {}
Cache::~Cache() = default;

void Cache::stop() { store_->stop(); }

Statistics Cache::statistics() const { return store_->statistics(); }

void Cache::change(const Policy& policy) { store_->change(policy); }

io::Task<Result<void>> Cache::forget(std::string key) {
  const std::shared_ptr<Entry> entry = store_->entry(key);
  std::shared_ptr<Version> version;
  {
    const std::lock_guard lock(entry->mutex);
    version = std::exchange(entry->version, nullptr);
    entry->loaded = true;
    entry->visit.reset();  // its answer is for who waits for it
    entry->not_found_until = {};
    entry->pass_until = {};
  }
  // With the entry: one made anew would find on disk what is still to go.
  auto forget = [&store = *store_, entry, version] {
    return store.forget(entry->key, version.get());
  };
  const std::optional<bool> forgotten = co_await store_->tell_disk(std::move(forget));
  if (!forgotten) co_return Error{ErrorKind::internal, "cache.path does not answer", {}};
  if (*forgotten) co_return Result<void>{};
  co_return Error{ErrorKind::internal, "cache.path: a file could not be removed", {}};
}

std::string key_of(const Locator& locator, const std::string& scope) {
  std::string key;
  key.reserve(scope.size() + locator.resolver.size() + locator.value.size() + 32);
  append_number(key, number_of(locator.kind));
  for (const std::string* part : {&scope, &locator.resolver}) {
    key += ' ';
    append_number(key, part->size());
    key += ' ';
    key += *part;
  }
  key += ' ';
  key += locator.value;
  return key;
}

}  // namespace tonearm::cache
