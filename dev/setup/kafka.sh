label="Apache Kafka's jars"
stamp=$CACHE/stamps/kafka

there() { [ "$(cat "$stamp" 2>/dev/null)" = "$(hash_of "$ROOT/dev/kafka/pom.xml")" ] && [ -d "$TOOLS/kafka/libs" ]; }

work() {
    # Beside and then swapped: an old version's jars must not stay on the class path.
    rm -rf "$TOOLS/kafka.new"
    mvn -q -B -f "$ROOT/dev/kafka/pom.xml" dependency:copy-dependencies -DoutputDirectory="$TOOLS/kafka.new/libs"
    rm -rf "$TOOLS/kafka"
    mv "$TOOLS/kafka.new" "$TOOLS/kafka"
    hash_of "$ROOT/dev/kafka/pom.xml" >"$stamp"
}
