# Links to other pages become their texts.
s/\[([^]]*)\]\([^):]*\.md(#[^)]*)?\)/\1/g
